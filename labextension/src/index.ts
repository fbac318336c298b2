/** What the classroom adds to JupyterLab: its plugins, each in a module of its own. */

import { ended } from './ended';
import { live } from './live';
import { notices } from './notices';
import { snapshots } from './snapshots';
import { standing } from './standing';

export default [live, ended, notices, standing, snapshots];
