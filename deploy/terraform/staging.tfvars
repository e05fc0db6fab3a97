environment              = "staging"
site_url                 = "https://staging.carousel.example.com"
vpc_id                   = "vpc-of-staging"
private_subnet_ids       = ["subnet-a-of-staging", "subnet-b-of-staging"]
worker_security_group_id = "sg-of-staging"
oidc_provider_arn        = "arn:aws:iam::123456789012:oidc-provider/oidc.example"
oidc_provider            = "oidc.example"
