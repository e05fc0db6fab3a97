variable "environment" {
  type = string
  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment is dev, staging or prod."
  }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "site_url" {
  description = "The site's own address; browsers may upload from there and nowhere else."
  type        = string
}

variable "vpc_id" {
  type = string
}

variable "private_subnet_ids" {
  description = "Subnets without a way to the internet: database, cache and workers live there."
  type        = list(string)
}

variable "worker_security_group_id" {
  description = "What web and workers run in; only they reach the database and the cache."
  type        = string
}

variable "oidc_provider_arn" {
  description = "The cluster's OIDC provider, so that a pod has a role and no key."
  type        = string
}

variable "oidc_provider" {
  description = "The same without https:// and as the host of its issuer."
  type        = string
}

variable "database_class" {
  type    = string
  default = "db.t4g.medium"
}

variable "cache_class" {
  type    = string
  default = "cache.t4g.small"
}

variable "alert_email" {
  type    = string
  default = ""
}

locals {
  name    = "carousel-${var.environment}"
  is_prod = var.environment == "prod"
}
