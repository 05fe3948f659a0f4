import { fileURLToPath } from 'node:url'
import uniPlugin from '@dcloudio/vite-plugin-uni'
import { defineConfig, type Plugin } from 'vite'

// CommonJS, of which only sometimes the default is the plugin.
const uni = (uniPlugin as unknown as { default?: typeof uniPlugin }).default ?? uniPlugin

/** uni-app and wot name pictures and fonts of other servers in their styles: none of our pages asks anybody but us. */
function nothingFromOutside(): Plugin {
  const shadow = /https:\/\/cdn\.dcloud\.net\.cn\/img\/shadow-\w+\.png/g
  const font = /@font-face\s*\{[^}]*at\.alicdn\.com[^}]*\}/g
  return {
    name: 'nothing-from-outside',
    enforce: 'post',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'asset' || !/\.(css|wxss)$/.test(file.fileName)) continue
        const text = typeof file.source === 'string' ? file.source : Buffer.from(file.source).toString('utf8')
        file.source = text.replace(shadow, 'data:,').replace(font, '')
      }
    },
  }
}

export default defineConfig({
  plugins: [uni(), nothingFromOutside()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
})
