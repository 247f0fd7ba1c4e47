import { composeControl } from '../../prove/control/with-control.js';
import { faultsIn, testFaults } from './faults.js';

testFaults(faultsIn('compose'), composeControl);
