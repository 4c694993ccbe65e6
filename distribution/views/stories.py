"""A distributor's own story: agreed to here, and taken back here."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from base.errors import DomainError
from distribution.access import distributor, distributor_of, earner
from distribution.forms import StoryForm
from distribution.models import Story
from distribution.programme.stories import last_full_month, submit_story, told_of, withdraw_story
from distribution.states import StoryState


@distributor
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def story(request: HttpRequest) -> HttpResponse:
    """What would be shown, figures included, before they agree to it."""
    person = distributor_of(request)
    found = Story.objects.filter(pk=person.pk).first()
    form = StoryForm(
        request.POST if request.method == "POST" else None,
        initial={"display_name": found.display_name, "text": found.text} if found else {},
    )
    if form.is_valid():
        values = form.cleaned_data
        try:
            submit_story(person, display_name=values["display_name"], text=values["text"])
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已提交，商家审核后公开。你可以随时撤回。"))
            return redirect("distribution:story")
    month = last_full_month(timezone.now())
    (mine,) = told_of([found or Story(distributor=person)], month)
    context = {
        "distributor": person,
        "form": form,
        "story": found,
        "mine": mine,
        "month": month,
        "is_agreed": found is not None and found.state != StoryState.WITHDRAWN,
    }
    return render(request, "distribution/story.html", context)


@earner
@require_POST
def story_withdrawal(request: HttpRequest) -> HttpResponse:
    """Consent ends here, also for somebody who has left."""
    try:
        withdraw_story(distributor_of(request))
    except Story.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("已撤回，故事不再公开。"))
    return redirect("distribution:story")
