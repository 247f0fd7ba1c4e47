import { after } from 'node:test';
import { NativeControl } from '../../prove/control/native-control.js';
import { faultsIn, testFaults } from './faults.js';

const control = await NativeControl.start();
after(() => control.stopAll());

testFaults(faultsIn('native'), async () => control);
