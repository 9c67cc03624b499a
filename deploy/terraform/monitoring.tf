locals {
  job_name = "${var.name}-stream"
  is_ours  = "job_name=\"${local.job_name}\""

  # The counters of the pipeline: the names in pipeline/onrecord/telemetry/metrics.py, compared by a test. Dataflow exports a job's counter
  # as a gauge with the current count, one per step.
  counters = {
    messages             = "messages"
    articles             = "articles"
    refused              = "refused"
    floods               = "floods"
    skipped              = "skipped[.].*"
    left_out             = "left_out[.].*"
    markup_in_text       = "markup_in_text"
    duplicates           = "duplicates"
    duplicate_texts      = "duplicate_texts"
    near_duplicates      = "near_duplicates"
    not_english          = "not_english"
    words                = "words"
    parse_milliseconds   = "parse_milliseconds"
    records              = "records[.].*"
    written              = "written[.].*"
    records_published    = "records_published[.].*"
    dead_letters         = "dead_letters[.].*"
    late                 = "late"
    too_late             = "too_late"
    published_letters    = "dead_letters_published"
    not_published_letter = "dead_letters_not_published"
  }
  # Dataflow exports a distribution as four counters: maximum, minimum, mean and count.
  distributions = {
    parse_milliseconds_a_batch = "parse_milliseconds_a_batch"
    words_a_batch              = "words_a_batch"
    event_time_lag_seconds     = "event_time_lag_seconds"
    received_at_seconds        = "received_at_seconds"
  }

  user_counter = "dataflow_googleapis_com:job_user_counter"
  # The increase of a counter in ten minutes, over all of its steps.
  growth = {
    for key, name in local.counters :
    key => "sum(clamp_min(delta(${local.user_counter}{${local.is_ours},metric_name=~\"${name}\"}[10m]), 0))"
  }
  by_name = {
    for key, name in local.counters :
    key => "sum by (metric_name) (clamp_min(delta(${local.user_counter}{${local.is_ours},metric_name=~\"${name}\"}[10m]), 0))"
  }
  largest = {
    for key, name in local.distributions :
    key => "max(${local.user_counter}{${local.is_ours},metric_name=\"${name}_MAX\"})"
  }
  mean = {
    for key, name in local.distributions :
    key => "avg(${local.user_counter}{${local.is_ours},metric_name=\"${name}_MEAN\"})"
  }
}

resource "google_monitoring_alert_policy" "oldest_message" {
  display_name          = "${var.name}: articles wait too long"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = var.notification_channels

  conditions {
    display_name = "the oldest message is older than ${var.oldest_message_minutes} minutes"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.articles.name}\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.oldest_message_minutes * 60
      duration        = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "The stream can't keep up, or is not running. Is the job ${local.job_name} running? Has it reached max_workers? See docs/how-to/dataflow.md, \"When an alert comes\"."
  }
}

resource "google_monitoring_alert_policy" "dead_letters" {
  display_name          = "${var.name}: many dead letters"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = var.notification_channels

  conditions {
    display_name = "more than ${var.dead_letter_share * 100} % of messages are refused or fail"

    condition_prometheus_query_language {
      query               = "${local.growth.dead_letters} > ${var.dead_letter_share} * ${local.growth.messages}"
      duration            = "600s"
      evaluation_interval = "60s"
    }
  }

  conditions {
    display_name = "messages were put aside that could not be delivered"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.articles.name}\" AND metric.type = \"pubsub.googleapis.com/subscription/dead_letter_message_count\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_DELTA"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Look at the reasons: `gcloud pubsub subscriptions pull ${google_pubsub_subscription.dead_letters.name} --limit 5` (without --auto-ack). `onrecord dead-letters` counts them in the output folder. When the cause is fixed, `onrecord replay` sends the messages again."
  }
}

resource "google_monitoring_alert_policy" "system_lag" {
  display_name          = "${var.name}: the stream is stuck"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = var.notification_channels

  conditions {
    display_name = "a message has been in the job for more than ${var.system_lag_minutes} minutes"

    condition_threshold {
      filter          = "resource.type = \"dataflow_job\" AND resource.labels.job_name = \"${local.job_name}\" AND metric.type = \"dataflow.googleapis.com/job/system_lag\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.system_lag_minutes * 60
      duration        = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Work items fail and are retried, or a worker hangs. The workers' errors are in the job's logs: see docs/how-to/dataflow.md, \"When an alert comes\"."
  }
}

resource "google_monitoring_alert_policy" "no_output" {
  display_name          = "${var.name}: no output"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = var.notification_channels

  conditions {
    display_name = "articles come in and no record goes out"

    condition_prometheus_query_language {
      # "unless": a counter that was never incremented has no series at all, rather than the value 0.
      query               = "${local.growth.messages} > 0 unless ${local.growth.records} > 0"
      duration            = "${var.no_output_minutes * 60}s"
      evaluation_interval = "60s"
    }
  }

  conditions {
    display_name = "the job has failed"

    condition_threshold {
      filter          = "resource.type = \"dataflow_job\" AND resource.labels.job_name = \"${local.job_name}\" AND metric.type = \"dataflow.googleapis.com/job/is_failed\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Nothing is lost: messages that were not acknowledged wait in the subscription for seven days. See docs/how-to/dataflow.md, \"When an alert comes\"."
  }
}
