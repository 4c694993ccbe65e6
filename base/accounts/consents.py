"""Which version of the shop's documents members agreed to."""

from datetime import datetime

from base.accounts.models import Consent, User

# A changed text gets a new version; members are asked again at their next visit to their page.
CURRENT_VERSIONS = {
    Consent.Document.TERMS: "2026-11",
    Consent.Document.PRIVACY: "2026-11",
}


def record_consents(user: User, *, at: datetime) -> None:
    """The member agreed to the current terms and privacy policy. Again changes nothing."""
    Consent.objects.bulk_create(
        [
            Consent(user=user, document=document, version=version, at=at)
            for document, version in CURRENT_VERSIONS.items()
        ],
        ignore_conflicts=True,
    )


def missing_consents(user: User) -> list[Consent.Document]:
    """The documents whose current version the member has not agreed to."""
    given = set(user.consents.values_list("document", "version"))
    return [
        document
        for document, version in CURRENT_VERSIONS.items()
        if (document, version) not in given
    ]
