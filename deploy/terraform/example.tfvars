project               = "my-project"
region                = "europe-west1"
subnetwork            = "regions/europe-west1/subnetworks/default"
launchers             = ["group:news-operations@example.org"]
publishers            = ["serviceAccount:crawler@my-project.iam.gserviceaccount.com"]
notification_channels = ["projects/my-project/notificationChannels/1234567890"]

# Set these when the images are built and the template is created (docs/how-to/dataflow.md):
# template     = "gs://my-project-onrecord-staging/templates/stream.json"
# worker_image = "europe-west1-docker.pkg.dev/my-project/onrecord/worker@sha256:..."
# parameters   = { window = "600" }
