environment              = "dev"
site_url                 = "https://dev.carousel.example.com"
vpc_id                   = "vpc-of-dev"
private_subnet_ids       = ["subnet-a-of-dev", "subnet-b-of-dev"]
worker_security_group_id = "sg-of-dev"
oidc_provider_arn        = "arn:aws:iam::123456789012:oidc-provider/oidc.example"
oidc_provider            = "oidc.example"
