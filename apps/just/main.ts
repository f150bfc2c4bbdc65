#!/usr/bin/env bun
/** `just`: the command-line program of a JustScale project: `just dev main.ts`, `just migrate run`, `just process list`, ... */
import { defineCommand } from 'citty'
import { buildCommand } from './build/build-command.ts'
import { configCommand } from './config/config-command.ts'
import { devCommand } from './dev/dev-command.ts'
import { migrateCommand } from './migrate/migrate-command.ts'
import { openapiCommand } from './openapi/openapi-command.ts'
import { processCommand } from './process/process-command.ts'
import { runProgram } from './program/run-program.ts'
import { protoCommand } from './proto/proto-command.ts'
import { routesCommand } from './routes/routes-command.ts'
import { runCommand } from './run/run-command.ts'
import { version } from './package.json' with { type: 'json' }

const just = defineCommand({
  meta: { name: 'just', version, description: 'Run, inspect and build a JustScale app' },
  subCommands: {
    dev: devCommand,
    run: runCommand,
    routes: routesCommand,
    openapi: openapiCommand,
    config: configCommand,
    build: buildCommand,
    migrate: migrateCommand,
    process: processCommand,
    proto: protoCommand,
  },
})

process.exit(await runProgram(just, 'just', process.argv.slice(2)))
