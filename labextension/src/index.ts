/** What the classroom adds to JupyterLab: its plugins, each in a module of its own. */

import { ended } from './ended';
import { live } from './live';

export default [live, ended];
