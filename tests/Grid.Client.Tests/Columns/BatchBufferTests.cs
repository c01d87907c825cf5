using CsCheck;
using Grid.Client.Columns;
using Grid.Testing;
using Grid.Testing.Rows;

namespace Grid.Client.Tests.Columns;

public sealed class BatchBufferTests
{
    [Fact]
    public void Ranges_and_picked_rows_are_the_rows_they_were() =>
        Gen.Select(Generators.SchemaAndBatch(), Gen.Int).Sample((given, seed) =>
        {
            var (schema, batch) = given;
            var random = new Random(seed);
            var rows = ArrowRows.Read(schema.Columns, batch);
            var builder = new BatchBuffer(Grid.Abstractions.ArrowSchemas.ToArrow(schema));
            var expected = new List<object?[]>();
            for (var round = 0; round < 4; round++)
            {
                var start = random.Next(batch.Length + 1);
                var count = random.Next(batch.Length - start + 1);
                builder.AppendRange(BatchBuffer.DataOf(batch), start, count);
                expected.AddRange(rows[start..(start + count)]);

                int[] picked = batch.Length == 0 ? [] : [.. Enumerable.Range(0, random.Next(10)).Select(_ => random.Next(batch.Length))];
                builder.AppendRows(BatchBuffer.DataOf(batch), picked);
                expected.AddRange(picked.Select(row => rows[row]));

                var kept = random.Next(expected.Count + 1);
                if (random.Next(2) == 0)
                {
                    builder.Truncate(kept);
                    expected.RemoveRange(kept, expected.Count - kept);
                }
            }

            Assert.Equal(expected.Count, builder.Rows);
            Assert.Equal(expected, ArrowRows.Read(schema.Columns, builder.Build()));
        }, iter: 300);
}
