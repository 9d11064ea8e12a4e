# NoKV in a container: docker compose up (docker-compose.yml), or docker build -t nokv . && docker run -p 127.0.0.1:6380:6380 -v nokv:/data nokv serve --workdir /data …
FROM eclipse-temurin:25-jdk AS build
WORKDIR /nokv
COPY . .
RUN --mount=type=cache,target=/root/.m2 ./mvnw -q -B -ntp -pl nokv.launcher -am -DskipTests package

# The same JDK and the same path as in the build, because the AOT cache fits no other.
FROM eclipse-temurin:25-jdk
COPY --from=build /nokv/nokv.launcher/target/nokv /nokv/nokv.launcher/target/nokv
RUN useradd --system --home-dir /data nokv && mkdir /data && chown nokv:nokv /data
USER nokv
WORKDIR /data
VOLUME /data
ENTRYPOINT ["/nokv/nokv.launcher/target/nokv/bin/nokv-launcher"]
CMD ["serve", "--workdir", "/data", "-Dresp.listen_addr=0.0.0.0:6380"]
