"""What runs onrecord on clusters; the README beside this file says where what lies."""
