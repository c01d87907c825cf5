using System.Globalization;
using Grid.Abstractions;
using Microsoft.AspNetCore.Http;

namespace Grid.Silo.Iceberg;

/// <summary>
/// Which part of a list is asked for. Who sends no <c>pageToken</c> gets all of it, as the spec wants. A token is the last name of the page before, so that it holds whatever is made and dropped meanwhile.
/// </summary>
/// <param name="After">Those behind this name; null: from the first.</param>
/// <param name="Max">Most names; null: all.</param>
internal readonly record struct IcebergPage(string? After, int? Max)
{
    /// <summary>Names of a page at most, and where no size is asked for.</summary>
    public const int NamesMax = 1000;

    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: a token that is none, a size below 1.</exception>
    public static IcebergPage Read(IQueryCollection query)
    {
        var max = NamesMax;
        if (query["pageSize"].ToString() is { Length: > 0 } size && (!int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out max) || max < 1))
            throw new GridException(GridErrorCode.InvalidArgument, $"pageSize is '{size}'; legal is 1 or more, of which at most {NamesMax} come on a page.");
        if (!query.TryGetValue("pageToken", out var token))
            return default;
        return new IcebergPage(token.ToString() is { Length: > 0 } after ? RequireName(after) : null, Math.Min(max, NamesMax));
    }

    private static string RequireName(string token)
    {
        try
        {
            TablePath.RequireName(token, "page");
            return token;
        }
        catch (GridException refusal)
        {
            throw new GridException(GridErrorCode.InvalidArgument, $"pageToken is '{token}', which no answer had; send the next-page-token of the page before, or an empty one for the first page.", refusal);
        }
    }
}
