# Articles come in here.
resource "google_pubsub_topic" "articles" {
  name = "${var.name}-articles"
}

resource "google_pubsub_subscription" "articles" {
  name                       = "${var.name}-articles"
  topic                      = google_pubsub_topic.articles.id
  ack_deadline_seconds       = 60 # longer than the time limit of one article, so that a slow one is not sent to somebody else meanwhile
  message_retention_duration = "604800s"

  # Never: a stream that is stopped for a month must find its subscription again.
  expiration_policy {
    ttl = ""
  }

  # What is not an article becomes a dead letter of the pipeline's, with the reason. This is for what can't even be delivered: a
  # message on which a worker dies each time. Dataflow acknowledges what it has stored, not what it has worked on, so with Dataflow
  # hardly anything can get here; Google advises against few attempts with it, and the most that there can be is the default.
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.undeliverable.id
    max_delivery_attempts = var.max_delivery_attempts
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
}

# What the pipeline refused, as it came, with the reason as attributes: --dead-letter-topic.
resource "google_pubsub_topic" "dead_letters" {
  name = "${var.name}-dead-letters"
}

# onrecord replay --subscription reads from here when the reason is mended.
resource "google_pubsub_subscription" "dead_letters" {
  name                       = "${var.name}-dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s" # 31 days, the longest that Pub/Sub keeps

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic" "undeliverable" {
  name = "${var.name}-undeliverable"
}

# Without a subscription what is put aside would be gone.
resource "google_pubsub_subscription" "undeliverable" {
  name                       = "${var.name}-undeliverable"
  topic                      = google_pubsub_topic.undeliverable.id
  message_retention_duration = "2678400s"

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub itself moves messages there, as its own service agent.
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
