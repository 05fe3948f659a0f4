/** A browser's address: what is only for a browser is in what these tests read. */

import { vi } from 'vitest'

vi.stubGlobal('location', { origin: 'http://doorbell.test' })
