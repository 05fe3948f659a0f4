/** Parts of the page whose code comes when they are needed. */

import { type Component, defineAsyncComponent } from 'vue'

/** Its code is run in one task and it is mounted in the next: one after the other, and a key is heard between them. */
export function partOf<T extends Component>(load: () => Promise<{ default: T }>): T {
  return defineAsyncComponent(async () => {
    const loaded = await load()
    await new Promise((done) => setTimeout(done))
    return loaded
  }) as unknown as T
}
