# One image for every service; the command says which. Node runs the TypeScript as it stands: there is nothing to build.
FROM node:26-slim
WORKDIR /app
COPY package.json pnpm-workspace.yaml pnpm-lock.yaml tsconfig.base.json ./
COPY packages ./packages
COPY services ./services
# The image brings Node and the compose file brings PostgreSQL: the optional packages that hold them stay out.
RUN npx -y pnpm@12 install --frozen-lockfile --prod --no-optional && rm -rf /root/.npm /root/.cache
USER node
ENV NODE_ENV=production HOST=0.0.0.0
CMD ["node", "services/intake/src/main.ts"]
