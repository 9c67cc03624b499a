output "articles_topic" {
  description = "The topic for articles."
  value       = google_pubsub_topic.articles.id
}

output "articles_subscription" {
  description = "The subscription that the stream reads."
  value       = google_pubsub_subscription.articles.id
}

output "dead_letter_subscription" {
  description = "The subscription of dead letters, for onrecord replay --subscription."
  value       = google_pubsub_subscription.dead_letters.id
}

output "records" {
  description = "The folder of the records."
  value       = "gs://${google_storage_bucket.records.name}/records"
}

output "staging" {
  description = "The bucket for templates and temporary files of jobs."
  value       = "gs://${google_storage_bucket.staging.name}"
}

output "service_account" {
  description = "The service account of the workers."
  value       = google_service_account.worker.email
}
