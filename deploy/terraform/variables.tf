variable "project" {
  description = "Id of the Google Cloud project for all resources."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "Give the project's id, such as my-project, not its name or number."
  }
}

variable "region" {
  description = "Region of the job and its buckets, such as europe-west1."
  type        = string
}

variable "name" {
  description = "Prefix of all names; two installations in one project need different ones."
  type        = string
  default     = "onrecord"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "Give 3 to 20 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "subnetwork" {
  description = "Subnetwork of the workers, regions/REGION/subnetworks/NAME, with Private Google Access: they have no public addresses."
  type        = string
}

variable "template" {
  description = "The Flex Template's file, gs://BUCKET/stream.json (created by deploy/dataflow/launch.py template); null creates everything except the job."
  type        = string
  default     = null

  validation {
    condition     = var.template == null || can(regex("^gs://.+[.]json$", var.template))
    error_message = "Give the file that deploy/dataflow/launch.py template printed, gs://BUCKET/stream.json."
  }
}

variable "worker_image" {
  description = "The workers' image, pinned: REPOSITORY/worker@sha256:DIGEST, as deploy/image/build printed it; needed with template."
  type        = string
  default     = null

  validation {
    condition     = var.worker_image == null || can(regex("@sha256:[0-9a-f]{64}$", var.worker_image))
    error_message = "Pin the image by its digest, REPOSITORY/worker@sha256:DIGEST."
  }
}

variable "image_repository" {
  description = "The Artifact Registry repository with the images, in the job's region."
  type        = string
  default     = "onrecord"
}

variable "parameters" {
  description = "Additional parameters of the stream's template, such as { window = \"600\" }; deploy/dataflow/stream.metadata.json lists them."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(keys(var.parameters), ["subscription", "output", "dead_letter_topic"])) == 0
    error_message = "subscription, output and dead_letter_topic are set to the resources created here."
  }
}

variable "machine_type" {
  description = "Machine type of the workers; docs/how-to/dataflow.md says how much memory is needed per core."
  type        = string
  default     = "n2-standard-2"
}

variable "max_workers" {
  description = "Maximum number of machines, which limits the cost."
  type        = number
  default     = 4
}

variable "publishers" {
  description = "Who may publish articles, such as [\"serviceAccount:crawler@my-project.iam.gserviceaccount.com\"]."
  type        = set(string)
  default     = []
}

variable "launchers" {
  description = "Who may start, update and drain jobs, such as [\"group:news-operations@example.org\"]."
  type        = set(string)
  default     = []
}

variable "readers" {
  description = "Who may read the records."
  type        = set(string)
  default     = []
}

variable "max_delivery_attempts" {
  description = "Delivery attempts (5 to 100) before a message is moved to the undeliverable topic; see pubsub.tf."
  type        = number
  default     = 100

  validation {
    condition     = var.max_delivery_attempts >= 5 && var.max_delivery_attempts <= 100
    error_message = "Pub/Sub accepts 5 to 100."
  }
}

variable "nearline_after_days" {
  description = "Days after which records are moved to a storage class that is cheaper to store and more expensive to read; null never moves them."
  type        = number
  default     = 90
}

variable "message_regions" {
  description = "Regions in which Pub/Sub may store messages, such as [\"europe-west1\", \"europe-west4\"]; null: only the job's. An organization policy may restrict them further."
  type        = list(string)
  default     = null

  validation {
    condition     = var.message_regions == null ? true : length(var.message_regions) > 0
    error_message = "Give at least one region, or null for the job's."
  }
}

variable "records_retention_days" {
  description = "Days after which records are deleted, counted from when a file was written; null never deletes them. A deleted file remains as an older version for 7 days, and then for soft_delete_days."
  type        = number
  default     = null

  validation {
    condition     = var.records_retention_days == null ? true : var.records_retention_days >= 1
    error_message = "Give 1 day or more, or null to keep records."
  }
}

variable "soft_delete_days" {
  description = "Days for which deleted records can be restored: 0, or 7 to 90. With 0, what is deleted is gone when its older versions are, 7 days later."
  type        = number
  default     = 7

  validation {
    condition     = var.soft_delete_days == 0 || (var.soft_delete_days >= 7 && var.soft_delete_days <= 90)
    error_message = "Cloud Storage accepts 0, or 7 to 90 days."
  }
}

variable "dead_letter_retention_days" {
  description = "Days (1 to 31) for which dead letters and undeliverable messages wait in their subscriptions. They contain whole articles."
  type        = number
  default     = 31

  validation {
    condition     = var.dead_letter_retention_days >= 1 && var.dead_letter_retention_days <= 31
    error_message = "Give 1 to 31 days; 31 is the maximum of Pub/Sub."
  }
}

variable "kms_key_name" {
  description = "Cloud KMS key, projects/P/locations/REGION/keyRings/R/cryptoKeys/K, in the job's region, that encrypts topics, buckets and the job's state; null: Google's keys. Grant roles/cloudkms.cryptoKeyEncrypterDecrypter on it first, to the project's service agents of Pub/Sub (gcp-sa-pubsub), Cloud Storage (gs-project-accounts), Dataflow (dataflow-service-producer-prod) and Compute Engine (compute-system)."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_name == null ? true : can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key_name))
    error_message = "Give the key's full name, projects/P/locations/REGION/keyRings/R/cryptoKeys/K, without a version."
  }
}

variable "data_access_logs" {
  description = "Whether to log each reading and writing of messages and objects (Data Access audit logs of Pub/Sub and Cloud Storage). It applies to the whole project, and Cloud Logging bills it by volume."
  type        = bool
  default     = false
}

variable "notification_channels" {
  description = "Cloud Monitoring channels for alerts, projects/P/notificationChannels/N."
  type        = list(string)
  default     = []
}

variable "oldest_message_minutes" {
  description = "Age of the oldest waiting message at which an alert is sent."
  type        = number
  default     = 15
}

variable "dead_letter_share" {
  description = "Share (0 to 1) of messages that become dead letters at which an alert is sent."
  type        = number
  default     = 0.05
}

variable "system_lag_minutes" {
  description = "Maximum time for which a message may be processed, or wait inside the job, before an alert is sent."
  type        = number
  default     = 10
}

variable "no_output_minutes" {
  description = "Time for which messages may arrive without any article record being written, before an alert is sent. It must be longer than the window."
  type        = number
  default     = 30
}
