using System.Globalization;
using Parquet;
using Parquet.Schema;

namespace Grid.Storage.Tests.Lake.Parquet;

/// <summary>Parquet.Net, which shares no code with what writes the files; flat columns only.</summary>
internal static class SecondReader
{
    /// <summary>All values as text, column by column in the file's order.</summary>
    public static async Task<string[][]> ReadAsync(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        await using var reader = await ParquetReader.CreateAsync(stream);
        var columns = new List<string[]>();
        foreach (var field in reader.Schema.GetDataFields())
        {
            var values = new List<string>();
            for (var i = 0; i < reader.RowGroupCount; i++)
            {
                using var group = reader.OpenRowGroupReader(i);
                values.AddRange((await ReadAsync(group, field, (int)group.RowCount)).Select(Text));
            }

            columns.Add([.. values]);
        }

        return [.. columns];
    }

    /// <summary>A value as text; times as ticks, whatever type a reader gives them.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        DateOnly date => date.ToDateTime(default).Ticks.ToString(CultureInfo.InvariantCulture),
        DateTime time => time.Ticks.ToString(CultureInfo.InvariantCulture),
        DateTimeOffset time => time.UtcTicks.ToString(CultureInfo.InvariantCulture),
        TimeOnly time => (time.Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture), // Parquet.Net gives the stored number
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        byte[] bytes => Convert.ToHexString(bytes),
        decimal number => number.ToString("0.00####", CultureInfo.InvariantCulture),
        sbyte or short => Convert.ToInt32(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static async Task<object?[]> ReadAsync(ParquetRowGroupReader group, DataField field, int rows)
    {
        if (field.ClrType == typeof(string))
        {
            var texts = new string?[rows];
            await group.ReadAsync(field, texts.AsMemory()!);
            return texts;
        }

        if (field.ClrType == typeof(byte[]))
        {
            var binaries = new byte[]?[rows];
            await group.ReadAsync(field, binaries.AsMemory()!);
            return binaries;
        }

        var read = typeof(SecondReader).GetMethod(nameof(ReadValuesAsync), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!;
        return await (Task<object?[]>)read.MakeGenericMethod(field.ClrType).Invoke(null, [group, field, rows])!;
    }

    private static async Task<object?[]> ReadValuesAsync<T>(ParquetRowGroupReader group, DataField field, int rows)
        where T : struct
    {
        if (!field.IsNullable)
        {
            var present = new T[rows];
            await group.ReadAsync(field, present.AsMemory());
            return [.. present.Select(value => (object)value)];
        }

        var values = new T?[rows];
        await group.ReadAsync(field, values.AsMemory());
        return [.. values.Select(value => (object?)value)];
    }
}
