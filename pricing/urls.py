"""Addresses of prices."""

from django.urls import path

from pricing import market, market_views, views

urlpatterns = [
    path("prices/", market_views.accuracy, name="accuracy"),
    path("prices/market/", market.market, name="market"),
    path("prices/market/<str:name>.<str:kind>", market.download, name="market-file"),
    path("prices/audit/<uuid:pk>/", market_views.audit, name="audit-price"),
    path("b/<uuid:pk>/prices/", views.prices, name="prices"),
    path("b/<uuid:pk>/prices/accept/", views.accept_confident, name="accept-prices"),
    path("p/<uuid:pk>/price/", views.evidence, name="price"),
    path("p/<uuid:pk>/price/quote/", views.requote, name="price-quote"),
    path("p/<uuid:pk>/price/accept/", views.accept, name="price-accept"),
    path("p/<uuid:pk>/price/set/", views.override, name="price-set"),
    path("p/<uuid:pk>/price/strike/<uuid:sale_pk>/", views.strike, name="price-strike"),
    path("p/<uuid:pk>/price/unstrike/<uuid:sale_pk>/", views.unstrike, name="price-unstrike"),
]
