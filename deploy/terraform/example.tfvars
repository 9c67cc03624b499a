project               = "my-project"
region                = "europe-west1"
subnetwork            = "regions/europe-west1/subnetworks/default"
launchers             = ["group:news-operations@example.org"]
publishers            = ["serviceAccount:crawler@my-project.iam.gserviceaccount.com"]
notification_channels = ["projects/my-project/notificationChannels/1234567890"]

# Where messages are stored, how long records are kept, and who is logged (variables.tf has the defaults):
# message_regions            = ["europe-west1"]
# records_retention_days     = 365
# soft_delete_days           = 0
# dead_letter_retention_days = 7
# kms_key_name               = "projects/my-project/locations/europe-west1/keyRings/news/cryptoKeys/onrecord"
# data_access_logs           = true

# Set these when the images are built and the template is created (docs/how-to/dataflow.md):
# template     = "gs://my-project-onrecord-staging/templates/stream.json"
# worker_image = "europe-west1-docker.pkg.dev/my-project/onrecord/worker@sha256:..."
# parameters   = { window = "600" }
