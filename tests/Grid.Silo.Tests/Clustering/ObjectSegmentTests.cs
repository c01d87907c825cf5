using CsCheck;
using Grid.Silo.Clustering;
using Grid.Storage.Objects;

namespace Grid.Silo.Tests.Clustering;

public sealed class ObjectSegmentTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("127.0.0.1:11111@42", "127.0.0.1_3a11111_4042")]
    [InlineData("[::1]:1@1", "_5b_3a_3a1_5d_3a1_401")]
    [InlineData(".a.", "_2ea_2e")]
    [InlineData("ä_b", "_c3_a4_5fb")]
    public void Legal_characters_stay_and_others_are_written_out(string text, string segment) => Assert.Equal(segment, ObjectSegment.Encode(text));

    [Fact]
    public void Long_texts_keep_their_beginning_and_end_in_a_hash()
    {
        var (one, two) = (ObjectSegment.Encode(new string('x', 1000)), ObjectSegment.Encode(new string('x', 1001)));

        Assert.StartsWith("xxxxxxxx", one, StringComparison.Ordinal);
        Assert.Equal(ObjectSegment.LengthMax, one.Length);
        Assert.NotEqual(one, two);
        Assert.Equal(new string('x', ObjectSegment.LengthMax), ObjectSegment.Encode(new string('x', ObjectSegment.LengthMax)));
    }

    [Fact]
    public void Different_texts_have_different_segments_that_a_store_accepts()
    {
        var store = new DirectoryObjectStore(_directory.Path);
        var seen = new Dictionary<string, string>();
        Gen.String[Gen.Char["aA.:_/-@ äx"], 1, 200].Sample(text =>
        {
            var segment = ObjectSegment.Encode(text);
            Assert.True(segment.Length <= ObjectSegment.LengthMax);
            lock (seen)
                Assert.True(seen.TryAdd(segment, text) || seen[segment] == text, $"'{text}' and '{seen[segment]}' are both {segment}");
            Assert.Null(store.ReadAsync(segment + ".json", default).GetAwaiter().GetResult());
        }, iter: 2000);
    }
}
