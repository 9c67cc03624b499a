# All permissions: who has them, and why.

# The workers. Their code reads untrusted input, so they have as few permissions as possible.
resource "google_service_account" "worker" {
  account_id   = "${var.name}-worker"
  display_name = "Workers of ${var.name}"
}

locals {
  worker = google_service_account.worker.member
}

# Get work from Dataflow, report on it, write logs and metrics. This role also allows getting and creating objects in all buckets of the
# project, which is more than needed; a separate project for the job avoids that.
resource "google_project_iam_member" "worker_works" {
  project = var.project
  role    = "roles/dataflow.worker"
  member  = local.worker
}

# Pull articles from their subscription.
resource "google_pubsub_subscription_iam_member" "worker_takes" {
  subscription = google_pubsub_subscription.articles.id
  role         = "roles/pubsub.subscriber"
  member       = local.worker
}

# Check the subscription before the job starts, and read its backlog for autoscaling.
resource "google_pubsub_subscription_iam_member" "worker_looks" {
  subscription = google_pubsub_subscription.articles.id
  role         = "roles/pubsub.viewer"
  member       = local.worker
}

# Publish dead letters.
resource "google_pubsub_topic_iam_member" "worker_publishes_dead_letters" {
  topic  = google_pubsub_topic.dead_letters.id
  role   = "roles/pubsub.publisher"
  member = local.worker
}

# Write records under a temporary name, rename them, and replace an earlier copy.
resource "google_storage_bucket_iam_member" "worker_writes_records" {
  bucket = google_storage_bucket.records.name
  role   = "roles/storage.objectUser"
  member = local.worker
}

# Read the job's graph, and write its temporary files.
resource "google_storage_bucket_iam_member" "worker_stages" {
  bucket = google_storage_bucket.staging.name
  role   = "roles/storage.objectUser"
  member = local.worker
}

# Pull the image.
resource "google_artifact_registry_repository_iam_member" "worker_pulls" {
  location   = var.region
  repository = var.image_repository
  role       = "roles/artifactregistry.reader"
  member     = local.worker
}

# Operators: they start, update and drain jobs …
resource "google_project_iam_member" "launcher_launches" {
  for_each = var.launchers

  project = var.project
  role    = "roles/dataflow.developer"
  member  = each.value
}

# … which run as the workers' account …
resource "google_service_account_iam_member" "launcher_lends" {
  for_each = var.launchers

  service_account_id = google_service_account.worker.name
  role               = "roles/iam.serviceAccountUser"
  member             = each.value
}

# … from templates that they upload.
resource "google_storage_bucket_iam_member" "launcher_stages" {
  for_each = var.launchers

  bucket = google_storage_bucket.staging.name
  role   = "roles/storage.objectUser"
  member = each.value
}

# Publishers of articles.
resource "google_pubsub_topic_iam_member" "publisher_publishes" {
  for_each = var.publishers

  topic  = google_pubsub_topic.articles.id
  role   = "roles/pubsub.publisher"
  member = each.value
}

# Readers of records.
resource "google_storage_bucket_iam_member" "reader_reads" {
  for_each = var.readers

  bucket = google_storage_bucket.records.name
  role   = "roles/storage.objectViewer"
  member = each.value
}

# Who read and wrote articles and records, in Cloud Logging: on request, because it is billed by volume. It applies to the whole project, and
# replaces its settings for these two services.
resource "google_project_iam_audit_config" "data_access" {
  for_each = var.data_access_logs ? toset(["pubsub.googleapis.com", "storage.googleapis.com"]) : toset([])

  project = var.project
  service = each.value

  audit_log_config {
    log_type = "DATA_READ"
  }
  audit_log_config {
    log_type = "DATA_WRITE"
  }
}
