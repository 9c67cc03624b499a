locals {
  charts = [
    { title = "Messages and articles, in ten minutes", queries = [local.by_name.messages, local.by_name.articles, local.by_name.refused, local.by_name.floods] },
    { title = "Records, in ten minutes", queries = [local.by_name.records, local.by_name.written, local.by_name.records_published] },
    { title = "Skipped, and side fields left out, in ten minutes", queries = [local.by_name.skipped, local.by_name.left_out, local.by_name.markup_in_text] },
    { title = "Dead letters by reason, in ten minutes", queries = [local.by_name.dead_letters] },
    { title = "Dead letters published, and too large to be published", queries = [local.by_name.published_letters, local.by_name.not_published_letter] },
    { title = "Duplicate messages, equal and copied texts, not in English", queries = [local.by_name.duplicates, local.by_name.duplicate_texts, local.by_name.near_duplicates, local.by_name.not_english] },
    { title = "Late, and too late", queries = [local.by_name.late, local.by_name.too_late] },
    { title = "Words per second of parsing", queries = ["1000 * ${local.growth.words} / ${local.growth.parse_milliseconds}"] },
    { title = "Longest parse of a batch, milliseconds", queries = [local.largest.parse_milliseconds_a_batch] },
    { title = "Words per batch, mean", queries = [local.mean.words_a_batch] },
    { title = "From publication to arrival, mean, seconds", queries = [local.mean.event_time_lag_seconds] },
    { title = "Age of the newest message, seconds", queries = ["time() - ${local.largest.received_at_seconds}"] },
    { title = "Lag: age of the oldest unacknowledged message, seconds", queries = ["max(pubsub_googleapis_com:subscription_oldest_unacked_message_age{subscription_id=\"${google_pubsub_subscription.articles.name}\"})"] },
    { title = "System lag, seconds", queries = ["max(dataflow_googleapis_com:job_system_lag{${local.is_ours}})"] },
    { title = "Cores", queries = ["max(dataflow_googleapis_com:job_current_num_vcpus{${local.is_ours}})"] },
  ]
  columns      = 3
  chart_width  = 16
  chart_height = 14
}

resource "google_monitoring_dashboard" "stream" {
  dashboard_json = jsonencode({
    displayName = "${var.name}: the stream"
    mosaicLayout = {
      columns = local.columns * local.chart_width
      tiles = [
        for index, chart in local.charts : {
          xPos   = (index % local.columns) * local.chart_width
          yPos   = floor(index / local.columns) * local.chart_height
          width  = local.chart_width
          height = local.chart_height
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [
                for query in chart.queries : {
                  plotType        = "LINE"
                  timeSeriesQuery = { prometheusQuery = query }
                }
              ]
            }
          }
        }
      ]
    }
  })
}
