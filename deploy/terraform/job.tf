# The stream. Changing the template or a parameter updates the running job in place; destroying it drains it without losing anything.
resource "google_dataflow_flex_template_job" "stream" {
  provider = google-beta
  count    = var.template == null ? 0 : 1

  name                    = "${var.name}-stream"
  region                  = var.region
  container_spec_gcs_path = var.template
  on_delete               = "drain"

  parameters = merge(
    {
      subscription      = google_pubsub_subscription.articles.id
      output            = "gs://${google_storage_bucket.records.name}/records"
      dead_letter_topic = google_pubsub_topic.dead_letters.id
    },
    var.parameters,
  )

  sdk_container_image     = var.worker_image
  service_account_email   = google_service_account.worker.email
  machine_type            = var.machine_type
  num_workers             = 1
  max_workers             = var.max_workers
  enable_streaming_engine = true
  subnetwork              = var.subnetwork
  ip_configuration        = "WORKER_IP_PRIVATE"
  staging_location        = "gs://${google_storage_bucket.staging.name}/staging"
  temp_location           = "gs://${google_storage_bucket.staging.name}/temp"
  kms_key_name            = var.kms_key_name

  # docs/how-to/dataflow.md says why two threads.
  additional_pipeline_options = ["number_of_worker_harness_threads=2"]

  lifecycle {
    precondition {
      condition     = var.worker_image != null
      error_message = "Set worker_image together with template: the workers run the image that the template was made from."
    }
  }

  # Without its permissions the job fails at once.
  depends_on = [
    google_project_iam_member.worker_works,
    google_pubsub_subscription_iam_member.worker_takes,
    google_pubsub_subscription_iam_member.worker_looks,
    google_pubsub_topic_iam_member.worker_publishes_dead_letters,
    google_storage_bucket_iam_member.worker_writes_records,
    google_storage_bucket_iam_member.worker_stages,
    google_artifact_registry_repository_iam_member.worker_pulls,
  ]
}
