# Production: web, worker and beat are this one image, started with different words.
FROM python:3.13-slim-bookworm AS build
RUN pip install --no-cache-dir "uv>=0.8,<1"
WORKDIR /shop
ENV UV_PROJECT_ENVIRONMENT=/shop/.venv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock ./
# Neither the demo's servers nor the tools of the tests.
RUN uv sync --frozen --no-default-groups
COPY . .
# The manifest's names need no server; the values only have to be there.
RUN SECRET_KEY=build DATABASE_URL=postgresql:///shop REDIS_URL=redis://localhost/0 \
    STATIC_ROOT=/shop/static-collected .venv/bin/python -m django collectstatic --noinput \
    --settings shop.settings

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /shop shop && install -d -o shop /shop/media /shop/private /shop/state
COPY --from=build /shop /shop
WORKDIR /shop
ENV PATH=/shop/.venv/bin:$PATH PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=shop.settings \
    STATIC_ROOT=/shop/static-collected MEDIA_ROOT=/shop/media PRIVATE_ROOT=/shop/private \
    CELERY_BEAT_SCHEDULE_FILENAME=/shop/state/beat-schedule POSTER_CACHE=/shop/state/posters
USER shop
EXPOSE 8000
VOLUME ["/shop/media", "/shop/private", "/shop/state"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "1", "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "30", \
     "shop.wsgi:application"]
