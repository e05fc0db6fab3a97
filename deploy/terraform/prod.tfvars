environment              = "prod"
site_url                 = "https://carousel.example.com"
vpc_id                   = "vpc-of-prod"
private_subnet_ids       = ["subnet-a-of-prod", "subnet-b-of-prod"]
worker_security_group_id = "sg-of-prod"
oidc_provider_arn        = "arn:aws:iam::123456789012:oidc-provider/oidc.example"
oidc_provider            = "oidc.example"
