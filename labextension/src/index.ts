/** What the classroom adds to JupyterLab: its plugins, each in a module of its own. */

import { ended } from './ended';
import { live } from './live';
import { notices } from './notices';

export default [live, ended, notices];
