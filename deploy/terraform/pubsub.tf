locals {
  message_regions       = var.message_regions == null ? [var.region] : var.message_regions
  dead_letter_retention = "${var.dead_letter_retention_days * 24 * 3600}s"
}

# The topic for articles.
resource "google_pubsub_topic" "articles" {
  name         = "${var.name}-articles"
  kms_key_name = var.kms_key_name

  message_storage_policy {
    allowed_persistence_regions = local.message_regions
  }
}

resource "google_pubsub_subscription" "articles" {
  name                       = "${var.name}-articles"
  topic                      = google_pubsub_topic.articles.id
  ack_deadline_seconds       = 60 # longer than the time limit per article, so that a slow one is not delivered again meanwhile
  message_retention_duration = "604800s"

  # Never expires: a stream that has been stopped for a month needs its subscription.
  expiration_policy {
    ttl = ""
  }

  # A message that is not an article becomes a dead letter of the pipeline, with the reason. This policy is for messages that can't even be
  # delivered, because a worker dies of them each time. Dataflow acknowledges messages when it has stored them, before it processes them, so
  # with Dataflow hardly any message ends up here. Google advises against few attempts with Dataflow, so the default is the maximum.
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.undeliverable.id
    max_delivery_attempts = var.max_delivery_attempts
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
}

# Messages that the pipeline rejected, unchanged, with the reason as attributes: --dead-letter-topic.
resource "google_pubsub_topic" "dead_letters" {
  name         = "${var.name}-dead-letters"
  kms_key_name = var.kms_key_name

  message_storage_policy {
    allowed_persistence_regions = local.message_regions
  }
}

# onrecord replay --subscription reads from here when the cause is fixed.
resource "google_pubsub_subscription" "dead_letters" {
  name                       = "${var.name}-dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  ack_deadline_seconds       = 60
  message_retention_duration = local.dead_letter_retention

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic" "undeliverable" {
  name         = "${var.name}-undeliverable"
  kms_key_name = var.kms_key_name

  message_storage_policy {
    allowed_persistence_regions = local.message_regions
  }
}

# Without a subscription, undeliverable messages would be lost.
resource "google_pubsub_subscription" "undeliverable" {
  name                       = "${var.name}-undeliverable"
  topic                      = google_pubsub_topic.undeliverable.id
  message_retention_duration = local.dead_letter_retention

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub moves messages there with its own service agent.
data "google_project" "this" {}

locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic_iam_member" "agent_puts_aside" {
  topic  = google_pubsub_topic.undeliverable.id
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "agent_takes_off" {
  subscription = google_pubsub_subscription.articles.id
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}
