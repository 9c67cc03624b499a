output "articles_topic" {
  description = "Where articles are published to."
  value       = google_pubsub_topic.articles.id
}

output "articles_subscription" {
  description = "What the stream reads."
  value       = google_pubsub_subscription.articles.id
}

output "dead_letter_subscription" {
  description = "What onrecord replay --subscription reads."
  value       = google_pubsub_subscription.dead_letters.id
}

output "records" {
  description = "The folder of the records."
  value       = "gs://${google_storage_bucket.records.name}/records"
}

output "staging" {
  description = "The bucket for templates and what jobs put down."
  value       = "gs://${google_storage_bucket.staging.name}"
}

output "service_account" {
  description = "The account of the workers."
  value       = google_service_account.worker.email
}
