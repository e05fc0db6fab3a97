# What Carousel needs of AWS. terraform init -backend-config=staging.backend, then
# terraform plan -var-file=staging.tfvars.
terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.80"
    }
  }
  # Remote state, locked; bucket, key and region come from <environment>.backend.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { product = "carousel", environment = var.environment }
  }
}
