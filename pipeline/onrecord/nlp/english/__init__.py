"""What all extractors know about English text; imports none of them."""
