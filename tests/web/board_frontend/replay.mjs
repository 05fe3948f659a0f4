// node replay.mjs FILE: runs replay.ts over the stories in FILE, by the build tools that the page itself is built with.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const frontend = new URL('../../../web/board/frontend/', import.meta.url)
const { runnerImport } = await import(createRequire(new URL('package.json', frontend)).resolve('vite'))
const { module } = await runnerImport(fileURLToPath(new URL('replay.ts', import.meta.url)), {
  configFile: false,
  root: fileURLToPath(frontend),
  logLevel: 'error',
  resolve: { alias: { '@': fileURLToPath(new URL('src', frontend)) } },
})
const stories = JSON.parse(readFileSync(process.argv[2], 'utf8'))
process.stdout.write(JSON.stringify(stories.map(module.replay)))
