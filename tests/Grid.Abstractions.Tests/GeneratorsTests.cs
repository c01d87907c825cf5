using CsCheck;
using Grid.Abstractions;
using Grid.Testing;
using Grid.Testing.Rows;

namespace Grid.Abstractions.Tests;

/// <summary>The generators that other properties stand on.</summary>
public sealed class GeneratorsTests
{
    [Fact]
    public void Rows_read_from_a_batch_build_an_equal_batch() =>
        Generators.SchemaAndBatch().Sample(made =>
        {
            var rows = ArrowRows.Read(made.Schema.Columns, made.Batch);
            Assert.Equal(made.Batch.Length, rows.Length);
            Assert.Equal(ArrowRows.Text(rows), ArrowRows.Text(ArrowRows.Read(made.Schema.Columns, ArrowRows.Build(made.Schema, rows))));
        }, iter: 500);

    [Fact]
    public void Arrow_reads_a_batch_as_the_rows_say() =>
        Generators.SchemaAndBatch().Sample(made =>
        {
            for (var i = 0; i < made.Schema.Columns.Length; i++)
            {
                var column = made.Batch.Column(i);
                var rows = ArrowRows.Read(made.Schema.Columns, made.Batch);
                Assert.Equal(rows.Count(row => row[i] is null), column.NullCount);
                for (var row = 0; row < rows.Length; row++)
                    Assert.Equal(rows[row][i] is null, column.IsNull(row));
                if (column is Apache.Arrow.StringArray strings)
                    Assert.Equal(rows.Select(row => (string?)row[i]), Enumerable.Range(0, rows.Length).Select(row => (string?)strings.GetString(row)));
            }
        }, iter: 300);
}
