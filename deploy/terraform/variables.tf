variable "project" {
  description = "Id of the Google Cloud project that everything is made in."
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
  description = "What all names begin with; two installations in one project have two."
  type        = string
  default     = "onrecord"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "Give 3 to 20 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "subnetwork" {
  description = "Subnetwork of the workers, regions/REGION/subnetworks/NAME, with Private Google Access: they have no public addresses."
  type        = string
}

variable "template" {
  description = "The Flex Template's file, gs://BUCKET/stream.json (deploy/dataflow/launch.py template makes it); null makes everything but the job."
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
  description = "The Artifact Registry repository that holds the images, in the job's region."
  type        = string
  default     = "onrecord"
}

variable "parameters" {
  description = "Further parameters of the stream's template, such as { window = \"600\" }; deploy/dataflow/stream.metadata.json lists them."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(keys(var.parameters), ["subscription", "output", "dead_letter_topic"])) == 0
    error_message = "subscription, output and dead_letter_topic are those that are made here."
  }
}

variable "machine_type" {
  description = "Type of the workers' machines; docs/how-to/dataflow.md says how much memory a core needs."
  type        = string
  default     = "n2-standard-2"
}

variable "max_workers" {
  description = "How many machines the job may grow to: the limit of what it costs."
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
  description = "Times (5 to 100) that a message is delivered in vain before it is put aside; see pubsub.tf."
  type        = number
  default     = 100

  validation {
    condition     = var.max_delivery_attempts >= 5 && var.max_delivery_attempts <= 100
    error_message = "Pub/Sub takes 5 to 100."
  }
}

variable "nearline_after_days" {
  description = "Days after which records go to a storage class that is cheaper to keep and dearer to read; null leaves them."
  type        = number
  default     = 90
}

variable "notification_channels" {
  description = "Channels of Cloud Monitoring that alerts go to, projects/P/notificationChannels/N."
  type        = list(string)
  default     = []
}

variable "oldest_message_minutes" {
  description = "Age of the oldest message that waits at which somebody is told."
  type        = number
  default     = 15
}

variable "dead_letter_share" {
  description = "Share (0 to 1) of messages that become dead letters at which somebody is told."
  type        = number
  default     = 0.05
}

variable "system_lag_minutes" {
  description = "Longest time that a message may have been worked on or waited for it inside the job."
  type        = number
  default     = 10
}

variable "no_output_minutes" {
  description = "How long messages may come in while no article record goes out. More than the window, after which files are written."
  type        = number
  default     = 30
}
