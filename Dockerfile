# One image for the control plane and the agent worker; the command tells which.
# It holds neither the simulators nor the speech they need, which is under the GPL.
FROM python:3.13-slim
WORKDIR /app
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1
COPY services.lock ./
RUN pip install --no-cache-dir --require-hashes -r services.lock && useradd --create-home wacall
COPY LICENSE schema.sql ./
COPY controlplane controlplane
COPY agents agents
COPY wacall wacall
USER wacall
ENTRYPOINT ["python", "-m", "wacall.cli"]
CMD ["--help"]
