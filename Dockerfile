# The bot. Other commands answer no health check: docker run --no-healthcheck … qq-skill mcp --http 0.0.0.0:7718
FROM node:24-slim AS build
WORKDIR /build
COPY . .
RUN npm ci --no-audit --no-fund && npm run build

FROM node:24-slim
ENV NODE_ENV=production QQ_SKILL_HOME=/data QQ_BOT_HEALTH_PORT=7719
WORKDIR /app
COPY --from=build /build/dist dist
COPY --from=build /build/skills skills
COPY --from=build /build/SKILL.md /build/package.json /build/LICENSE ./
RUN ln -s /app/dist/qq-skill.cjs /usr/local/bin/qq-skill && install -d -o node -g node -m 0700 /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7719/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["qq-skill"]
CMD ["bot"]
