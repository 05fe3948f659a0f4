"""`customer:{id}`: what concerns one customer. Imported by the app when it is ready."""

import hub


def may_read_customer(identity: hub.Identity, *, id: int) -> bool:
    """Only himself."""
    return identity.user_id == str(id)


hub.topics.register(pattern="customer:{id:int}", kind=hub.ORDERED, may_read=may_read_customer, keep_s=7 * 86_400)
