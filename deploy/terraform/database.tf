# PostgreSQL with pgvector (an extension that RDS carries), and Redis: one for hints, one for counts.
resource "aws_db_subnet_group" "this" {
  name       = local.name
  subnet_ids = var.private_subnet_ids
}

resource "aws_security_group" "stores" {
  name        = "${local.name}-stores"
  description = "Database and cache: from web and workers only"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "stores" {
  for_each                     = { postgres = 5432, redis = 6379 }
  description                  = "${each.key} from web and workers"
  security_group_id            = aws_security_group.stores.id
  referenced_security_group_id = var.worker_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_db_parameter_group" "this" {
  name   = local.name
  family = "postgres17"
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
}

resource "aws_db_instance" "this" {
  identifier                      = local.name
  engine                          = "postgres"
  engine_version                  = "17"
  instance_class                  = var.database_class
  allocated_storage               = 50
  max_allocated_storage           = 500
  storage_type                    = "gp3"
  storage_encrypted               = true
  db_name                         = "carousel"
  username                        = "carousel"
  manage_master_user_password     = true
  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.stores.id]
  parameter_group_name            = aws_db_parameter_group.this.name
  publicly_accessible             = false
  multi_az                        = local.is_prod
  backup_retention_period         = local.is_prod ? 14 : 3
  copy_tags_to_snapshot           = true
  deletion_protection             = local.is_prod
  skip_final_snapshot             = !local.is_prod
  final_snapshot_identifier       = "${local.name}-last"
  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  enabled_cloudwatch_logs_exports = ["postgresql"]
}

resource "aws_elasticache_subnet_group" "this" {
  name       = local.name
  subnet_ids = var.private_subnet_ids
}

# A broker must refuse rather than forget.
resource "aws_elasticache_parameter_group" "broker" {
  name   = "${local.name}-broker"
  family = "redis7"
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

resource "aws_elasticache_replication_group" "this" {
  for_each                   = { broker = aws_elasticache_parameter_group.broker.name, cache = "default.redis7" }
  replication_group_id       = "${local.name}-${each.key}"
  description                = "Carousel's ${each.key}"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = var.cache_class
  num_cache_clusters         = local.is_prod ? 2 : 1
  automatic_failover_enabled = local.is_prod
  parameter_group_name       = each.value
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.stores.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auto_minor_version_upgrade = true
}
