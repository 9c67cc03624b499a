# terraform test: the plan, with mock providers, which need no account.
mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}

mock_provider "google-beta" {}

variables {
  project    = "example-project"
  region     = "europe-west1"
  subnetwork = "regions/europe-west1/subnetworks/default"
}

run "without_a_template_there_is_everything_but_the_job" {
  command = plan

  assert {
    condition     = length(google_dataflow_flex_template_job.stream) == 0
    error_message = "A job was planned without a template."
  }
  assert {
    condition     = google_pubsub_subscription.articles.dead_letter_policy[0].max_delivery_attempts == 100
    error_message = "The subscription has no dead-letter policy."
  }
  assert {
    condition     = google_pubsub_subscription_iam_member.agent_takes_off.member == "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "Pub/Sub's service agent can't publish undeliverable messages."
  }
  assert {
    condition = alltrue([
      for bucket in [google_storage_bucket.records, google_storage_bucket.staging] :
      bucket.uniform_bucket_level_access && bucket.public_access_prevention == "enforced"
    ])
    error_message = "A bucket could be made public."
  }
}

run "messages_stay_in_the_region_of_the_job_and_nothing_is_deleted_or_logged_unless_asked_for" {
  command = plan

  assert {
    condition = alltrue([
      for topic in [google_pubsub_topic.articles, google_pubsub_topic.dead_letters, google_pubsub_topic.undeliverable] :
      toset(topic.message_storage_policy[0].allowed_persistence_regions) == toset([var.region])
    ])
    error_message = "Pub/Sub could store messages in another region."
  }
  assert {
    condition     = length(google_storage_bucket.records.lifecycle_rule) == 3
    error_message = "Records would be deleted."
  }
  assert {
    condition     = google_storage_bucket.records.soft_delete_policy[0].retention_duration_seconds == 604800
    error_message = "Deleted records can't be restored for a week."
  }
  assert {
    condition     = length(google_project_iam_audit_config.data_access) == 0
    error_message = "Data access would be logged, and billed, without being asked for."
  }
}

run "storage_is_limited_in_place_and_time_encrypted_and_logged_where_asked_for" {
  command = plan

  variables {
    template                   = "gs://example-project-onrecord-staging/templates/stream.json"
    worker_image               = "europe-west1-docker.pkg.dev/example-project/onrecord/worker@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    message_regions            = ["europe-west1", "europe-west4"]
    records_retention_days     = 365
    soft_delete_days           = 0
    dead_letter_retention_days = 3
    kms_key_name               = "projects/example-project/locations/europe-west1/keyRings/news/cryptoKeys/onrecord"
    data_access_logs           = true
  }

  assert {
    condition = alltrue([
      for topic in [google_pubsub_topic.articles, google_pubsub_topic.dead_letters, google_pubsub_topic.undeliverable] :
      toset(topic.message_storage_policy[0].allowed_persistence_regions) == toset(["europe-west1", "europe-west4"]) && topic.kms_key_name == var.kms_key_name
    ])
    error_message = "A topic has other regions or another key."
  }
  assert {
    condition = alltrue([
      for bucket in [google_storage_bucket.records, google_storage_bucket.staging] :
      bucket.encryption[0].default_kms_key_name == var.kms_key_name && bucket.soft_delete_policy[0].retention_duration_seconds == 0
    ])
    error_message = "A bucket has another key, or keeps what is deleted."
  }
  assert {
    condition     = google_dataflow_flex_template_job.stream[0].kms_key_name == var.kms_key_name
    error_message = "The job's state has another key."
  }
  assert {
    condition = length([
      for rule in google_storage_bucket.records.lifecycle_rule : rule
      if one(rule.action).type == "Delete" && one(rule.condition).age == 365
    ]) == 1
    error_message = "Records are kept for another time."
  }
  assert {
    condition = alltrue([
      for subscription in [google_pubsub_subscription.dead_letters, google_pubsub_subscription.undeliverable] :
      subscription.message_retention_duration == "259200s"
    ])
    error_message = "Dead letters are kept for another time."
  }
  assert {
    condition     = toset(keys(google_project_iam_audit_config.data_access)) == toset(["pubsub.googleapis.com", "storage.googleapis.com"])
    error_message = "The logs of other services are set."
  }
}

run "what_the_services_would_refuse_is_refused" {
  command = plan

  variables {
    message_regions            = []
    records_retention_days     = 0
    soft_delete_days           = 3
    dead_letter_retention_days = 32
    kms_key_name               = "onrecord"
  }

  expect_failures = [
    var.message_regions,
    var.records_retention_days,
    var.soft_delete_days,
    var.dead_letter_retention_days,
    var.kms_key_name,
  ]
}

run "the_job_reads_and_writes_what_is_made_here" {
  command = plan

  variables {
    template     = "gs://example-project-onrecord-staging/templates/stream.json"
    worker_image = "europe-west1-docker.pkg.dev/example-project/onrecord/worker@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    parameters   = { window = "600" }
  }

  assert {
    condition     = google_dataflow_flex_template_job.stream[0].parameters["output"] == "gs://example-project-onrecord-records/records"
    error_message = "The job has another output folder."
  }
  assert {
    condition     = toset(keys(google_dataflow_flex_template_job.stream[0].parameters)) == toset(["subscription", "output", "dead_letter_topic", "window"])
    error_message = "The job has other parameters."
  }
  assert {
    condition     = google_dataflow_flex_template_job.stream[0].on_delete == "drain"
    error_message = "A job that is destroyed must be drained."
  }
}

run "the_dashboard_and_the_alerts_ask_for_metrics_of_this_job_alone" {
  command = plan

  variables {
    name = "news"
  }

  assert {
    condition = alltrue([
      for tile in jsondecode(google_monitoring_dashboard.stream.dashboard_json).mosaicLayout.tiles : alltrue([
        for data in tile.widget.xyChart.dataSets : strcontains(data.timeSeriesQuery.prometheusQuery, "news-")
        || strcontains(data.timeSeriesQuery.prometheusQuery, "time()")
      ])
    ])
    error_message = "A chart shows another job."
  }
  assert {
    condition     = strcontains(google_monitoring_alert_policy.dead_letters.conditions[0].condition_prometheus_query_language[0].query, "job_name=\"news-stream\"")
    error_message = "An alert watches another job."
  }
}

run "an_image_without_a_digest_is_refused" {
  command = plan

  variables {
    template     = "gs://example-project-onrecord-staging/templates/stream.json"
    worker_image = "europe-west1-docker.pkg.dev/example-project/onrecord/worker:latest"
  }

  expect_failures = [var.worker_image]
}

run "a_job_without_an_image_is_refused" {
  command = plan

  variables {
    template = "gs://example-project-onrecord-staging/templates/stream.json"
  }

  expect_failures = [google_dataflow_flex_template_job.stream]
}

run "what_is_made_here_is_no_parameter" {
  command = plan

  variables {
    parameters = { output = "gs://elsewhere" }
  }

  expect_failures = [var.parameters]
}
