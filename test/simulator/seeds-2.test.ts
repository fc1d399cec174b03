import { testSeeds } from './gate.ts';

testSeeds(1);
