# The media bridge: one static program, and the authorities by whom it knows a LiveKit behind TLS.
FROM golang:1.26 AS bridge-build
WORKDIR /src
COPY sfu/bridge ./
RUN CGO_ENABLED=0 go build -buildvcs=false -ldflags="-s -w" -o /wacall-bridge .

FROM scratch AS bridge
COPY --from=bridge-build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=bridge-build /wacall-bridge /wacall-bridge
USER 65534
ENTRYPOINT ["/wacall-bridge"]

# What the dashboard's pages are made with in the browser.
FROM node:22-slim AS dashboard-build
WORKDIR /src
COPY controlplane/dashboard/package.json controlplane/dashboard/package-lock.json controlplane/dashboard/.npmrc ./
RUN npm ci --omit=dev

# One image for control plane, agent worker and the operators' commands; the command tells which.
# It holds what works in it: neither stack, demo and bench, nor the simulators and the speech they
# need, which is under the GPL.
FROM python:3.13-slim AS wacall
WORKDIR /app
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1
COPY services.lock ./
RUN pip install --no-cache-dir --require-hashes -r services.lock && useradd --create-home wacall
COPY LICENSE schema.sql ./
COPY shared shared
COPY controlplane controlplane
COPY --from=dashboard-build /src/node_modules/htm/preact/standalone.module.js controlplane/dashboard/vendor/
COPY --from=dashboard-build /src/node_modules/uplot/dist/uPlot.iife.min.js controlplane/dashboard/vendor/
COPY --from=dashboard-build /src/node_modules/uplot/dist/uPlot.min.css controlplane/dashboard/vendor/
COPY --from=dashboard-build /src/node_modules/livekit-client/dist/livekit-client.umd.js controlplane/dashboard/vendor/
COPY agents agents
COPY supabase supabase
COPY wacall/__init__.py wacall/cli.py wacall/environment.py wacall/
COPY wacall/operators wacall/operators
COPY wacall/doctor wacall/doctor
COPY wacall/database wacall/database
COPY wacall/own_agent wacall/own_agent
USER wacall
ENTRYPOINT ["python", "-m", "wacall.cli"]
CMD ["--help"]
