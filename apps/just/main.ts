#!/usr/bin/env bun
/** `just`: the command-line program of a JustScale project: `just dev main.ts`, `just migrate run`, `just process list`, ... */
import { defineCommand, runMain } from 'citty'
import { devCommand } from './dev/dev-command.ts'
import { migrateCommand } from './migrate/migrate-command.ts'
import { processCommand } from './process/process-command.ts'
import { protoCommand } from './proto/proto-command.ts'

const main = defineCommand({
  meta: { name: 'just', description: 'Run, inspect and build a JustScale app' },
  subCommands: { dev: devCommand, migrate: migrateCommand, process: processCommand, proto: protoCommand },
})

await runMain(main)
