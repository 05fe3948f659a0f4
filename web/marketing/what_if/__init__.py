"""What a campaign, other prices or other terms of cancelling would have come to: last month's orders once more, by the
very functions that every order is priced by. Money is fen.

It supposes that people would have ordered the same. Whom a discount brings, only the campaign itself shows: `effects`.
"""

from web.marketing.what_if.trials import CampaignTrial, CancellationTrial, PricingTrial, ServiceTrial, Trial, replayed

__all__ = ["CampaignTrial", "CancellationTrial", "PricingTrial", "ServiceTrial", "Trial", "replayed"]
