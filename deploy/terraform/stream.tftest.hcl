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
