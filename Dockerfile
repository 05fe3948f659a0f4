# The pages of the board and of the client, with the development tools that only they need.
FROM node:24-slim AS pages
ENV CI=1
WORKDIR /doorbell/web/board/frontend
COPY web/board/frontend/package.json web/board/frontend/package-lock.json web/board/frontend/.npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web/board/frontend ./
RUN npm run build
WORKDIR /doorbell/web/client/frontend
COPY web/client/frontend/package.json web/client/frontend/package-lock.json web/client/frontend/.npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web/client/frontend ./
RUN npm run build

FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DOORBELL_HOME=/state
WORKDIR /doorbell
COPY pyproject.toml requirements.lock ./
COPY config/__init__.py config/home.py config/production_lock.py config/
RUN python -m config.production_lock > /tmp/production.lock \
 && pip install --no-cache-dir --require-hashes -r /tmp/production.lock \
 && rm /tmp/production.lock
COPY manage.py ./
COPY config config
COPY hub hub
COPY workflows workflows
COPY web web
COPY --from=pages /doorbell/web/board/static/board/dist web/board/static/board/dist
COPY --from=pages /doorbell/web/client/static/client web/client/static/client
# Secrets and static files are the only state here. The user's number is fixed, so that a volume keeps its owner.
RUN useradd --uid 10001 --no-create-home doorbell && mkdir /state && chown doorbell /state
USER doorbell
VOLUME /state
EXPOSE 8000
CMD ["python", "-m", "config.serve", "--host", "0.0.0.0", "--port", "8000"]
