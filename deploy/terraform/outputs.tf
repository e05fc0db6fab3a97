output "bucket" {
  description = "S3_BUCKET"
  value       = aws_s3_bucket.photos.id
}

output "database_host" {
  description = "For DATABASE_URL; the password is in the secret named by database_secret."
  value       = aws_db_instance.this.endpoint
}

output "database_secret" {
  value = one(aws_db_instance.this.master_user_secret[*].secret_arn)
}

output "redis" {
  description = "CELERY_BROKER_URL and REDIS_URL, each as rediss://<host>:6379/0."
  value       = { for name, group in aws_elasticache_replication_group.this : name => group.primary_endpoint_address }
}

output "events_queue" {
  description = "For manage.py consume_events."
  value       = aws_sqs_queue.events.url
}

output "alert_topic" {
  description = "ALERT_TOPIC"
  value       = aws_sns_topic.alerts.arn
}

output "role" {
  description = "For the service account's annotation."
  value       = aws_iam_role.app.arn
}
