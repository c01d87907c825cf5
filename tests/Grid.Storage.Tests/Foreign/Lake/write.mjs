// Has ClickHouse (npm chdb) write an Iceberg table into a folder with statements that have LAKE where the table belongs, and prints {}.
//   node write.mjs <folder> <statement>...
import { dirname } from 'node:path';
import { Session } from 'chdb';

const [folder, ...statements] = process.argv.slice(2);
process.chdir(dirname(folder));
const session = new Session();
session.query('set allow_experimental_insert_into_iceberg = 1');
for (const statement of statements) session.query(statement.replaceAll('LAKE', `IcebergLocal('${folder}') settings iceberg_format_version = 2`));
session.close();
process.stdout.write('{}');
