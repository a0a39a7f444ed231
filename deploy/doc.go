// Package deploy holds how the platform is run: units for systemd, rules for
// Prometheus, a dashboard for Grafana, a realm for Keycloak. Its tests hold these,
// docker-compose.yml, the Dockerfile and docs/operations.md to what the program
// takes, expects and exports.
package deploy
