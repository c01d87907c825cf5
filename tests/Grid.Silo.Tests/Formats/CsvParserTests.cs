using CsCheck;
using Grid.Abstractions;
using Grid.Silo.Formats;

namespace Grid.Silo.Tests.Formats;

public sealed class CsvParserTests
{
    [Fact]
    public void Fields_in_quotes_hold_delimiters_breaks_and_quotes()
    {
        Assert.Equal([["a", "b"], ["1,2", "say \"hi\""], ["two\nlines", ""]], Parse("a,b\r\n\"1,2\",\"say \"\"hi\"\"\"\n\n\"two\nlines\",\"\""));
    }

    [Fact]
    public void An_empty_field_is_null_only_without_quotes()
    {
        using var parser = new CsvParser(new StringReader("a,,\"\"\n"), ',');
        Assert.True(parser.Read());
        Assert.Equal([false, true, false], [parser.IsNull(0), parser.IsNull(1), parser.IsNull(2)]);
    }

    [Fact]
    public void An_open_quote_is_refused_with_its_line()
    {
        var refusal = Assert.Throws<GridException>(() => Parse("a\nb\n\"open\n\n"));
        Assert.Contains("Line 3", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_quoted_is_read_back() =>
        Gen.String[Gen.Char["ab,\"\r\n;é"], 0, 12].Array[1, 5].List[1, 20].Sample(rows =>
        {
            var width = rows[0].Length;
            var table = rows.Select(r => r.Length >= width ? r[..width] : [.. r, .. Enumerable.Repeat("", width - r.Length)]).ToList();
            var text = string.Concat(table.Select(r => string.Join(',', r.Select(f => "\"" + f.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"")) + "\n"));
            Assert.Equal(table, Parse(text));
        }, iter: 500);

    private static List<string[]> Parse(string text)
    {
        using var parser = new CsvParser(new StringReader(text), ',');
        var rows = new List<string[]>();
        while (parser.Read())
            rows.Add([.. Enumerable.Range(0, parser.Count).Select(i => parser[i].ToString())]);
        return rows;
    }
}
